"""Van: answers that are kept for a while."""

from __future__ import annotations

from l9stack.agent import OperationContext
from l9stack.agent.knowledge import keep_answer, read_answer

from L9.agents.van.controller import AssignRequest, AssignResponse


async def keep_assign(context: OperationContext, request: AssignRequest, answer: AssignResponse) -> None:
    """Keep the answer to a request for 600 s, the lifetime of working memory."""
    await keep_answer(context, "assign", request, answer)


async def kept_assign(context: OperationContext, request: AssignRequest) -> AssignResponse | None:
    """Find the answer that is kept to an equal request, if any."""
    return await read_answer(context, "assign", request, AssignResponse)
