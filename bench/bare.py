"""The ceiling of (a): the same body and answer on the same server, and nothing between them."""

from typing import Annotated

import typer
from fastapi import FastAPI

from antiphon.api.autostream.chat import ChatRequest, ChatResponse
from antiphon.serve import serve

app = FastAPI()


@app.post("/chat")
async def chat(body: ChatRequest) -> ChatResponse:
    """Answer at once."""
    return ChatResponse(
        response="Pro is $79/month.", session_id=body.session_id, intent="product_inquiry", lead_captured=False
    )


@app.get("/readyz")
async def readyz() -> dict[str, str]:
    """Ready as soon as it listens."""
    return {"status": "ok"}


def main(port: Annotated[int, typer.Option()]) -> None:
    """Serve until SIGTERM, with uvicorn set as the product sets it."""
    serve(app, "127.0.0.1", port)


if __name__ == "__main__":
    typer.run(main)
