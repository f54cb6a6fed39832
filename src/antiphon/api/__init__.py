"""HTTP and WebSocket, one file per contract. The only place for FastAPI."""
