"""Who may be asked: the providers that the settings name a key or an address for."""

from antiphon.language.models.providers import Connection, Connections
from antiphon.settings import Settings


def connections_of(settings: Settings) -> Connections:
    """How each provider of models is reached."""
    s = settings
    claude = s.converse_llm_api_key or s.anthropic_api_key
    return {
        "ollama": Connection(setting="OLLAMA_BASE_URL", url=s.ollama_base_url, model=s.llm_model),
        "google_genai": Connection(
            setting="GEMINI_API_KEY", key=s.gemini_api_key, url=s.gemini_base_url, model=s.gemini_model
        ),
        "anthropic": Connection(
            setting="CONVERSE_LLM_API_KEY", key=claude, url=s.anthropic_base_url, model=s.anthropic_model
        ),
        "openai": Connection(
            setting="OPENAI_API_KEY", key=s.openai_api_key, url=s.openai_base_url, model=s.openai_model
        ),
    }
