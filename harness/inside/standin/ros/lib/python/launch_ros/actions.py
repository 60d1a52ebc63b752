class Node:
    def __init__(self, *, package, executable, parameters=(), **_):
        self.package, self.executable, self.parameters = package, executable, list(parameters)
