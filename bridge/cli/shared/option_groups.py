"""Options in named sections of ``--help``, for commands with many options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

GENERAL: Final = "Other"
"""The section of options without a group, such as ``--help``."""
Decorated = TypeVar("Decorated", bound="Callable[..., Any] | click.Command")
Decorator = Callable[[Decorated], Decorated]


class GroupedOption(click.Option):
    """An option that is listed in the section ``group`` of its command's help."""

    def __init__(self, *declarations: Any, group: str, **attributes: Any) -> None:
        super().__init__(*declarations, **attributes)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose help has a section for each group of options.

    Sections stand in the order of their first option.
    """

    def sections(self, ctx: click.Context) -> dict[str, list[click.Option]]:
        """The options by section. Arguments and hidden options are left out."""
        found: dict[str, list[click.Option]] = {}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option) and parameter.get_help_record(ctx):
                found.setdefault(getattr(parameter, "group", GENERAL), []).append(parameter)
        return found

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections, each as a list of options and their help."""
        for title, parameters in self.sections(ctx).items():
            records = [parameter.get_help_record(ctx) for parameter in parameters]
            with formatter.section(title):
                formatter.write_dl([record for record in records if record is not None])


def option(*declarations: str, group: str, **attributes: Any) -> Decorator[Any]:
    """As ``click.option``, in the section ``group`` of the help of a :class:`GroupedCommand`."""
    return click.option(*declarations, cls=GroupedOption, group=group, **attributes)


def option_list(*decorators: Decorator[Any]) -> Decorator[Any]:
    """Several options as one decorator; the help lists them in this order."""

    def decorate(command: Decorated) -> Decorated:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate
