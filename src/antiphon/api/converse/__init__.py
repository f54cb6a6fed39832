"""Converse's contract: messages of any channel, events, operators' words, and lists of what became of them."""
