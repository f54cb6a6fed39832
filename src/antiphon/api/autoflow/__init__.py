"""AutoFlow's contract: an inquiry comes in, is worked in the background, and can be watched, listed and deleted."""
