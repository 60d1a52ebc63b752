"""Stand-in for the Python package launch: what plain launch files need, and no more."""


class LaunchDescription:
    def __init__(self, entities=()):
        self.entities = list(entities)
