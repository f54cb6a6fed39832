"""Trying packs out in a time of one's own: scenarios played, recorded conversations replayed. Nothing of it leaves."""
