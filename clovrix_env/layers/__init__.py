"""Where values come from: each source gives one layer, unexpanded, and knows no other."""
