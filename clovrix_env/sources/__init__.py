"""Where values come from: each source gives one layer and knows nothing of the others."""
