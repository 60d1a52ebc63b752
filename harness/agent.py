"""The outer end of harness/inside/agent.py: commands for a robot, over one connection that stays."""

import base64
import json
import shlex
import threading

from harness.result import Result

ANSWER_S = 30  # beyond a command's own limit: for a busy machine


class Agent:
    """Any number of commands at a time, over a connected socket. ConnectionError: the robot is gone, or mute."""

    def __init__(self, connection):
        self._connection = connection
        self._lock = threading.Condition()
        self._answers, self._last, self._gone = {}, 0, False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        try:
            for line in self._connection.makefile("rb"):
                answer = json.loads(line)
                with self._lock:
                    self._answers[answer["id"]] = answer
                    self._lock.notify_all()
        except (OSError, ValueError):  # cut off in the middle of a line
            pass
        with self._lock:
            self._gone = True
            self._lock.notify_all()

    def _ask(self, limit_s, **request):
        with self._lock:
            self._last += 1
            number = self._last
            try:
                self._connection.sendall(json.dumps({"id": number, **request}).encode() + b"\n")
            except OSError as error:
                raise ConnectionError("the robot is off") from error
            self._lock.wait_for(lambda: number in self._answers or self._gone, limit_s)
            if number not in self._answers:
                raise ConnectionError("the robot does not answer")
            return self._answers.pop(number)

    def run(self, command, user="root", env=None, timeout_s=60, stdin=None):
        """Runs a command, a shell line or a list of arguments, as user. Returns its Result.

        stdin: bytes; None is /dev/null. Status 124 means that it was ended after timeout_s seconds.
        """
        argv = ["/bin/bash", "-c", command] if isinstance(command, str) else [str(word) for word in command]
        answer = self._ask(
            timeout_s + ANSWER_S,
            argv=argv,
            user=user,
            env=env or {},
            timeout_s=timeout_s,
            stdin=None if stdin is None else base64.b64encode(stdin).decode(),
        )
        shown = command if isinstance(command, str) else shlex.join(argv)
        out, err = (base64.b64decode(answer[name]).decode(errors="replace") for name in ("out", "err"))
        return Result(f"({user}) {shown}", answer["status"], out, err)
