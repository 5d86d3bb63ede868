"""Where a refund is at Temporal."""

from pydantic import Field

from api.schemas.common import Wire


class WorkflowAnswer(Wire):
    """The workflow of a refund, for whoever looks at it in the Temporal UI or by its CLI."""

    namespace: str = Field(description="The namespace of all workflows here.")
    workflow_id: str = Field(description="The workflow's id.")
    run_id: str | None = Field(description="The run that moves the refund, or did last; null before one has begun.")
    address: str | None = Field(
        description="Where the Temporal UI shows that run; null unless `MAKEWHOLE_TEMPORAL_UI` says where it is."
    )
