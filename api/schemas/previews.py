"""A message as its reader would see it."""

from pydantic import Field

from api.schemas.common import Wire


class PreviewAnswer(Wire):
    """A message with facts that stand for real ones."""

    topic: str = Field(description="What it is about.")
    locale: str = Field(description="The language it is in: the one asked for, or the nearest that there is.")
    channel: str = Field(description="`inbox`, `email` or `sms`.")
    subject: str | None = Field(description="Of an e-mail; else null.")
    text: str = Field(description="What is read where nothing but text is shown.")
    html: str | None = Field(description="Of an e-mail; else null.")
    own: list[str] = Field(
        description="Which parts are the merchant's own words: `subject`, `text`, `html`, `sms`, `aliyun`."
    )
    variables: list[str] = Field(description="What a template of this message may name in braces.")
