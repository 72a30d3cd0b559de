"""Which tests a run leaves out, and how long it takes: a plugin of pytest, which `conftest.py` brings in."""

import pytest

QUICK, QUICK_MINUTES, ALL_MINUTES = "not slow", 10, 20


def pytest_configure(config: pytest.Config) -> None:
    """Leave the slow tests out of a run that names neither tests nor marks; CI names the folder, and runs all."""
    if config.args_source is not config.ArgsSource.ARGS and not config.option.markexpr:
        config.option.markexpr = QUICK


def pytest_report_header(config: pytest.Config) -> str:
    """Say how long the tests take, before they begin."""
    if config.option.markexpr == QUICK:
        return (
            f"On two cores, this takes about {QUICK_MINUTES} minutes; with the slow tests, {ALL_MINUTES}: pytest tests"
        )
    return f"On two cores, all tests take about {ALL_MINUTES} minutes; these may take less."
