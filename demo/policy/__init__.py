"""Who the demo's customers are, and what happens to them when. Pure."""
