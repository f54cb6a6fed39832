"""Encoder, intents, model providers, drafting; the only place for model SDKs and onnxruntime."""
