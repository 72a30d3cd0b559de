"""A plain TCP relay of an owner: forwarder.py PORT HOST:PORT carries each connection on, until it is ended."""

import asyncio
import sys


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way until that end closes."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def main(port: int, host: str, target: int) -> None:
    """Listen, and carry each connection both ways."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(host, target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, back), carry(there, writer))

    async with await asyncio.start_server(connected, "0.0.0.0", port) as server:
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), *(lambda host, _, target: (host, int(target)))(*sys.argv[2].rpartition(":"))))
