"""Language models behind LangChain's `init_chat_model`: understanding, judging, drafting. Imported only when chosen."""
