"""The state of the turn graph."""

from operator import add
from typing import get_type_hints, is_typeddict

from antiphon.core.conversation import Utterance
from antiphon.graph.state import ConversationState


def test_af_34_the_state_is_a_typed_dict_whose_messages_are_appended() -> None:
    messages = get_type_hints(ConversationState, include_extras=True)["messages"]
    assert is_typeddict(ConversationState)
    assert messages.__metadata__ == (add,)
    before, after = [Utterance(role="user", text="Hi")], [Utterance(role="assistant", text="Hello")]
    assert add(before, after) == [*before, *after]
