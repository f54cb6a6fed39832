"""The ceilings of (a) and (l): the same bodies and answers on the same server, and nothing between them."""

from typing import Annotated

import typer
from fastapi import FastAPI

from antiphon.api.autoflow.shapes import AgentStep, InquiryRequest, RunStatus, WebhookResponse
from antiphon.api.autostream.chat import ChatRequest, ChatResponse
from antiphon.serve import serve

RUN_ID = "6f1c3c1e-6a0e-4f0e-9d51-0c8e4e1b7a55"
AT = "2026-11-20T10:00:00.000000+00:00"

app = FastAPI()


@app.post("/chat")
async def chat(body: ChatRequest) -> ChatResponse:
    """Answer at once."""
    return ChatResponse(
        response="Pro is $79/month.", session_id=body.session_id, intent="product_inquiry", lead_captured=False
    )


@app.post("/api/v1/webhook")
async def bring_inquiry(_: InquiryRequest) -> WebhookResponse:
    """Answer at once."""
    return WebhookResponse(
        run_id=RUN_ID,
        status="running",
        message="Inquiry received and processing",
        poll_url=f"/api/v1/status/{RUN_ID}",
    )


@app.get("/api/v1/status/{run_id}")
async def read_status(run_id: str) -> RunStatus:
    """A run that has ended, as the product shows one."""
    output = "We work with Slack, Salesforce, HubSpot and Zapier; the API covers the rest. " * 3
    return RunStatus(
        run_id=run_id,
        status="completed",
        intent="faq",
        intent_confidence=0.87,
        current_agent="faq_agent",
        agent_steps=[
            AgentStep(agent="orchestrator", action="classified_intent", output=output[:100], timestamp=AT),
            AgentStep(agent="faq_agent", action="answered_faq", output=output, timestamp=AT),
        ],
        final_response=output,
        lead_score=None,
        lead_tier=None,
        escalate=False,
        escalation_reason=None,
        created_at=AT,
        updated_at=AT,
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
