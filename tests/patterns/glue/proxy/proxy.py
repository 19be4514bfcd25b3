"""Passes what comes in on a port of the loopback on to a socket in a directory, and back."""
import asyncio


async def copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve(reader, writer):
    try:
        far_reader, far_writer = await asyncio.open_unix_connection("/sockets/backend")
    except OSError as error:
        print("no backend:", error, flush=True)
        writer.close()
        return
    await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 8000)
    with open("listens", "w"):
        pass
    await server.serve_forever()


asyncio.run(main())
