"""What people do on the page, and its effect on systemd."""


def test_an_operator_logs_in_and_starts_a_stack_by_a_button(robot, alice):
    alice.tap("#start-mapping")
    alice.wait_state("mapping", "RUNNING")
    assert robot.state("rovi-mapping.service") == "active"
