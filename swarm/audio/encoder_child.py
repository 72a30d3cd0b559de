"""The process that encodes reels, one call a reel, and measures voices."""

from typing import Any

from swarm.audio.encoder import encode_reel, find_gain
from swarm.audio.order import ReelOrder, from_message, to_message
from swarm.errors import StoreError
from swarm.system.child import serve
from swarm.system.disk import guarded
from swarm.system.platform import lower_priority


def handle(message: dict[str, Any]) -> dict[str, Any]:
    """Encode the reel of an order, or find its gain; a disk that fails is answered with a fault for the user."""
    order = from_message(message.get("measure") or message["order"], ReelOrder)
    if "measure" in message:
        return {"found": to_message(find_gain(order))}
    try:
        with guarded(order.target):
            return {"reel": to_message(encode_reel(order))}
    except StoreError as error:
        return {"fault": str(error)}


if __name__ == "__main__":
    lower_priority()  # voices come first
    serve(handle)
