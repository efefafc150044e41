"""A contract for the import linter: what a package may import, and nothing besides."""

from typing import cast, override

import grimp
from importlinter import Contract, ContractCheck, fields, output


class AllowList(Contract):
    """Lets modules import of the product only what is named; a forbidden list forgets what is new.

    Options:
        source: The package whose imports are looked at.
        allowed: Packages that it may import, with all beneath them.
        within: Whether the modules of the source may import each other; yes where it is left out.
    """

    type_name = "allow_list"

    source = fields.StringField()
    allowed = fields.ListField(subfield=fields.StringField())
    within = fields.BooleanField(required=False, default=True)

    @override
    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        source, allowed = str(self.source), [*cast("list[str]", self.allowed)]
        if self.within:
            allowed.append(source)
        found = [
            (importer, imported)
            for importer in sorted({source, *graph.find_descendants(source)})
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not graph.is_module_squashed(imported)
            and not any(_is_in(imported, package) for package in allowed)
        ]
        return ContractCheck(kept=not found, metadata={"found": found})

    @override
    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["found"]:
            output.print_error(f"{importer} may not import {imported}")


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
