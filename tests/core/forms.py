"""A form to read messages about, and the pack that it belongs to."""

from antiphon.core.pack import AnswerDef, FillFormDef, FormDef, IntentDef, PackDef, SayDef, SlotDef

PLATFORMS = {"YouTube": ("yt", "you tube"), "TikTok": ("tik tok",), "Instagram": ("insta", "ig"), "X": ("twitter",)}


def slot(name: str, type_: str, **more: object) -> SlotDef:
    return SlotDef.model_validate({"name": name, "type": type_, "ask": f"ask_{name}", "again": f"again_{name}"} | more)


LEAD = FormDef(
    slots=(
        slot("name", "name"),
        slot("email", "email"),
        slot("platform", "choice", choices=PLATFORMS),
    ),
    intent="lead_collection",
    leave_on="leave",
    left="left",
    done="done",
)
EVERYTHING = FormDef(  # one slot of each type
    slots=(*LEAD.slots, slot("phone", "phone"), slot("size", "choice", choices={"S": (), "L": ()}, other=False)),
    intent="ordering",
    left="left",
    done="done",
)


def intent(name: str, examples: str, **more: object) -> IntentDef:
    return IntentDef.model_validate({"name": name, "examples": tuple(examples.split("|"))} | more)


PACK = PackDef(
    name="shop",
    title="Shop",
    version="1",
    intents=(
        intent("greeting", "hi|hello|hey", specialist="welcome"),
        intent("goodbye", "bye|good bye|see you", specialist="farewell", reported_as="greeting"),
        intent("question", "what does it cost?|price|refund policy", specialist="expert"),
        intent("buy", "sign me up|I want it|buy", specialist="signup"),
        intent("leave", "never mind|stop|cancel", during="lead"),
        intent("keep_going", "yes|ok|wait", during="lead", specialist="signup", reported_as="lead_collection"),
    ),
    specialists={
        "welcome": SayDef(kind="say", reply="welcome"),
        "farewell": SayDef(kind="say", reply="bye", last=True),
        "expert": AnswerDef(kind="answer", did_you_mean="maybe", dont_know="unknown", broken="broken"),
        "signup": FillFormDef(kind="form", form="lead"),
    },
    forms={"lead": LEAD},
    fallback="expert",
    fallback_intent="question",
)
