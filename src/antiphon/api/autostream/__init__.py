"""AutoStream's contract: chat, intent, knowledge and leads, each with a router of its own."""
