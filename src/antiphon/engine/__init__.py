"""The use cases: receive, take_turn, respond, perform, sweep. Each is fetch, call, commit."""
