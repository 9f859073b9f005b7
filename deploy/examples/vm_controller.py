"""A reference VM controller: obeys the commands of vm-controller.commands and reports on each of them.

A command states a level: vm.restore.v1 = the VM may run, vm.shutdown.v1 = it must not. Commands come at least once and in any
order, so the highest generation seen per user is kept on disk, and whatever is not higher is answered but not obeyed. A type
that it does not know is answered with "failed"; what is no command at all is logged and dropped, since there is nobody to answer
and it would come again for ever. Where this program writes a line, yours starts or stops a machine.

    AMQP_URL=amqp://vm-controller:…@127.0.0.1:5672/payments VM_CONTROLLER_STATE=generations.json python3 vm_controller.py
"""

import datetime
import json
import os
import signal
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError
from pika.spec import Basic, BasicProperties

QUEUE = "vm-controller.commands"
RUNNING = {"vm.restore.v1": True, "vm.shutdown.v1": False}


class Generations:
    """The highest generation obeyed, and the level it set, for every user; survives a crash at any moment."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}

    def obey(self, user: str, generation: int, runs: bool) -> str:
        seen = self.known.get(user, {"generation": 0, "runs": False})
        if generation < seen["generation"]:
            return "ignored_stale"
        if generation > seen["generation"]:
            print(f"{user}: {'start' if runs else 'stop'} the VM (generation {generation})", flush=True)
            self.known[user] = {"generation": generation, "runs": runs}
            new = self.path.with_suffix(".new")
            new.write_text(json.dumps(self.known))
            new.replace(self.path)
        return "done"  # the same command once more is answered once more


def parsed(body: bytes) -> tuple[str, dict[str, Any]]:
    """The type and the data of a command; ValueError says what keeps the body from being one."""
    try:
        event = json.loads(body)
        kind, command = event["type"], event["data"]
        sound = all(isinstance(text, str) for text in (kind, command["command_id"], command["user_id"]))
        sound = sound and type(command["generation"]) is int
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a command: {error!r}") from error
    if not sound:
        raise ValueError("not a command: a field has the wrong type")
    return kind, command


def report(channel: BlockingChannel, command: dict[str, Any], outcome: str) -> None:
    event = {
        "specversion": "1.0", "id": str(uuid.uuid4()), "source": "/vm-controller", "type": "vm.reported.v1",
        "subject": command["user_id"], "time": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "datacontenttype": "application/json",
        "data": {key: command[key] for key in ("command_id", "generation", "user_id")} | {"outcome": outcome},
    }  # fmt: skip
    properties = BasicProperties(content_type="application/cloudevents+json", delivery_mode=2, message_id=event["id"])
    channel.basic_publish("vm.reports", "vm.reported.v1", json.dumps(event).encode(), properties, mandatory=True)


def serve(generations: Generations) -> None:
    parameters = pika.URLParameters(os.environ["AMQP_URL"])
    parameters.heartbeat = 10
    with pika.BlockingConnection(parameters) as connection:
        channel = connection.channel()
        channel.confirm_delivery()  # a report counts once the broker has it; only then is the command acknowledged
        channel.basic_qos(prefetch_count=10)

        def handle(channel: BlockingChannel, method: Basic.Deliver, _: BasicProperties, body: bytes) -> None:
            try:
                kind, command = parsed(body)
            except ValueError as error:
                print(f"dropped {len(body)} bytes: {error}", flush=True)
                channel.basic_reject(method.delivery_tag, requeue=False)
                return
            if kind in RUNNING:
                outcome = generations.obey(command["user_id"], command["generation"], RUNNING[kind])
            else:
                print(f"{command['user_id']}: a command of an unknown type (generation {command['generation']})", flush=True)
                outcome = "failed"
            report(channel, command, outcome)
            channel.basic_ack(method.delivery_tag)

        channel.basic_consume(QUEUE, handle)
        print(f"consuming {QUEUE}", flush=True)
        channel.start_consuming()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    generations = Generations(Path(os.environ.get("VM_CONTROLLER_STATE", "generations.json")))
    while True:
        try:
            serve(generations)
        except (AMQPError, OSError) as error:
            print(f"the broker is away ({type(error).__name__}); again in 2 s", flush=True)
            time.sleep(2)


if __name__ == "__main__":
    main()
