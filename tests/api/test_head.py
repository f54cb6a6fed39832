"""A request's head is bounded, also where the body is not yet."""

import socket

from tests.server import Server

PIECE = b"x" * 60_000
PIECES = 20


def test_a_head_without_end_is_cut_off(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: ")
        refused = b""
        for _ in range(PIECES):
            try:
                connection.sendall(PIECE)
            except OSError:
                break
        try:
            while piece := connection.recv(65_536):
                refused += piece
        except ConnectionResetError:
            pass  # it did not wait for what we still wanted to say
    assert b"200 OK" not in refused
    assert refused == b"" or refused.startswith(b"HTTP/1.1 431")
    assert server.client.get("/livez").status_code == 200


def test_a_large_body_behind_a_small_head_is_no_large_head(server: Server) -> None:
    answer = server.client.post("/chat", json={"message": "x" * 900_000, "session_id": "s"})
    assert answer.status_code == 422
