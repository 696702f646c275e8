"""How well and how fast records find their enterprise: labelled cases, measures by kind, and named peers."""
