"""The settings of the documentation site, which is built from the pages that a forge shows too:

    python -m sphinx -nW --keep-going -c docs . docs/_build

``-D html_baseurl=https://…/`` names the address that it is served at.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "clovrix-env"
extensions = ["myst_parser", "sphinx_copybutton", "website"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md"]
exclude_patterns = [".*", "build", "clovrix_env", "dist", "docs/_build", "tests"]

# Headings have the anchors, and text has the signs, that a forge shows.
myst_heading_anchors = 6
smartquotes = False

copybutton_prompt_text = r">>> |\.\.\. |\$ |> "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"

pygments_dark_style = "github-dark"
html_theme = "furo"
html_title = "clovrix-env"
html_logo = html_favicon = "website/logo.svg"
html_static_path = ["website/static"]
html_css_files = ["website.css"]
templates_path = ["website/templates"]
html_additional_pages = {"404": "404.html"}
html_copy_source = False
html_show_copyright = False
html_use_index = False
html_domain_indices = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1a7f37", "color-brand-content": "#1a7f37"},
    "dark_css_variables": {"color-brand-primary": "#3fb950", "color-brand-content": "#3fb950"},
}
