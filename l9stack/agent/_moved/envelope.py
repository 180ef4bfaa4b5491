"""Moved to `l9stack.agent`."""

from l9stack.agent import PacketEnvelope as PacketEnvelope
