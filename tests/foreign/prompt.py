"""Types passwords at the prompts of the program `auth`, on a terminal of its own, and reads all that the terminal shows."""

import os
import pty
import select
import signal
import sys
import termios
import time

program, database = sys.argv[1:]
DEADLINE = 60


class Terminal:
    """The program on a terminal."""

    def __init__(self, *arguments):
        self.shown = b""
        self.child, self.descriptor = pty.fork()
        if self.child == 0:
            environment = {**os.environ, "DATABASE_URL": database}
            os.execve(program, [program, *arguments], environment)
        self.before = termios.tcgetattr(self.descriptor)

    def read(self, seconds):
        if select.select([self.descriptor], [], [], seconds)[0]:
            try:
                self.shown += os.read(self.descriptor, 4096)
            except OSError:  # Linux's way to say that the program has ended.
                return False
        return True

    def wait_for(self, prompt):
        """Until it is shown, and whoever types is not."""
        end = time.monotonic() + DEADLINE
        while prompt not in self.shown or termios.tcgetattr(self.descriptor)[3] & termios.ECHO:
            assert time.monotonic() < end and self.read(0.05), (prompt, self.shown)

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def end(self):
        end = time.monotonic() + DEADLINE
        after = termios.tcgetattr(self.descriptor)
        while self.read(0.05):
            after = termios.tcgetattr(self.descriptor)
            assert time.monotonic() < end, self.shown
        status = os.waitpid(self.child, 0)[1]
        # However it ended, whoever goes on at this terminal sees what is typed.
        return os.waitstatus_to_exitcode(status), after


def run(arguments, *answers):
    terminal = Terminal(*arguments)
    for prompt, answer in zip([b"New password: ", b"The same again: "], answers):
        terminal.wait_for(prompt)
        terminal.type(answer)
    code, after = terminal.end()
    assert after[3] == terminal.before[3], "the terminal is left as it was"
    for answer in answers:
        typed = answer.strip().encode()
        assert len(typed) < 4 or typed not in terminal.shown, terminal.shown
    return code, terminal.shown.decode()


code, shown = run(["users", "add", "johndoe"], "shoal-of-swordfish\r", "shoal-of-swordfish\r")
assert code == 0 and "Added the user johndoe." in shown, (code, shown)

code, shown = run(["users", "password", "johndoe"], "field-of-sunflowers\r", "sunfIower\r")
assert code == 1 and "the two passwords differ, and nothing was changed" in shown, (code, shown)

code, shown = run(["users", "password", "johndoe"], "tiny!\r")
assert code == 1 and "15 characters or more" in shown and "The same again" not in shown, (code, shown)

code, shown = run(["users", "password", "johndoe"], "\x04")
assert code == 1 and "no password was typed" in shown, (code, shown)

code, shown = run(["users", "password", "johndoe"], "sunfl\x03")
assert code in (130, -signal.SIGINT) and "nothing was changed" in shown, (code, shown)

# Who cannot be asked anything useful is not asked.
code, shown = run(["users", "password", "nobody"])
assert code == 1 and "there is no user named nobody" in shown, (code, shown)
code, shown = run(["users", "password", "johndoe", "--password-stdin"])
assert code == 2 and "leave it out to be asked" in shown, (code, shown)
