"""All commands under one name: `mnist NAME ...` and `python -m stages NAME ...` are `python -m stages.NAME ...`."""

import ast
import os
import re
import sys
from importlib import import_module
from pathlib import Path
from runpy import run_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from stages.project import cli
from stages.project.paths import ROOT

HERE = Path(__file__).parent
STAGE = re.compile(r"^  (\w+):$", re.MULTILINE)  # in dvc.yaml


def names() -> list[str]:
    """The commands, of which each is a file."""
    return sorted(path.stem for path in HERE.glob("[!_]*.py"))


def about(name: str) -> str:
    """The first sentence of a command, without importing it."""
    text = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split())


class Commands(TyperGroup):
    """The commands, each imported only where it is asked to complete a word."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.commands: Any = dict.fromkeys(names())  # of which one is suggested where a name is mistyped

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            return None
        module = import_module(f"stages.{cmd_name}")
        app = getattr(module, "app", None) or cli.app()
        if not (app.registered_commands or app.registered_callback):
            app.command(cmd_name)(module.main)
        return typer.main.get_command(app)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The stages in the order in which they run, then all others."""
        dvc = ROOT / "dvc.yaml"
        order = STAGE.findall(dvc.read_text(encoding="utf-8")) if dvc.exists() else []
        stages = [name for name in order if name in self.commands]
        others = [name for name in self.commands if name not in stages]
        for title, group in (("Stages of `dvc repro`, in order", stages), ("Other commands", others)):
            with formatter.section(title):
                formatter.write_dl([(name, about(name)) for name in group])


AS_MODULE = Path(sys.argv[0]).name == "__main__.py"  # and not as the installed command
app = cli.app(
    "Handwritten digits from scratch: train a network, measure it, ask it.",
    "python -m stages.predict picture.png" if AS_MODULE else f"{cli.PROGRAM} predict picture.png",
    cls=Commands,
    add_completion=not AS_MODULE,
)


@app.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version")] = False,
) -> None:
    if version:
        from dnn import __version__

        print(__version__)
    elif context.invoked_subcommand is None:
        print(context.get_help())


def main() -> None:
    """Run the command that is named first, else list what there is."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if "_MNIST_COMPLETE" not in os.environ and name.isidentifier() and (HERE / f"{name}.py").is_file():
        sys.argv[:2] = [name if AS_MODULE else f"{cli.PROGRAM} {name}"]
        run_module(f"stages.{name}", run_name="__main__")
    else:
        sys.argv[0] = sys.argv[0] if AS_MODULE else cli.PROGRAM
        cli.run(app)


if __name__ == "__main__":
    main()
