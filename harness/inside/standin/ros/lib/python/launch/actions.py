class DeclareLaunchArgument:
    def __init__(self, name, *, default_value=None, description=None, choices=None):
        self.name, self.rule = name, {"description": description, "choices": choices}
        if default_value is not None:
            self.rule["default"] = default_value
        if choices is None:
            del self.rule["choices"]
