"""What a conversation is and what may happen next. Pure: no clock, no chance, no input or output."""
