class Node:
    def __init__(self, *, package, executable, **_):
        self.package, self.executable = package, executable
