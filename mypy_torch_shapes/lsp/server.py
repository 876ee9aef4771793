"""The protocol: documents and requests in, hints and hovers out. No diagnostics: those are mypy's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from mypy_torch_shapes import messages
from mypy_torch_shapes._version import __version__
from mypy_torch_shapes.config import DATA
from mypy_torch_shapes.evaluation.facts import Span
from mypy_torch_shapes.lsp.analyses import Analyses, Analysis
from mypy_torch_shapes.lsp.hints import Hint, described, hover_of, moved
from mypy_torch_shapes.lsp.units import to_bytes, to_units
from mypy_torch_shapes.reveal.summary import lines_of


def serve(root: Path | None) -> None:
    """Serve on standard input and output until the editor says to exit."""
    server(root).start_io()


def server(root: Path | None) -> LanguageServer:
    made = LanguageServer(messages.NAME, __version__, text_document_sync_kind=types.TextDocumentSyncKind.Incremental)
    analyses = Analyses(root)

    def texts() -> dict[Path, str]:
        """Every open Python file, as the editor holds it; lines as Python counts them."""
        opened = ((to_fs_path(uri), document) for uri, document in made.workspace.text_documents.items())
        return {Path(name).resolve(): plain(doc.source) for name, doc in opened if name and name.endswith(".py")}

    def encoding() -> str:
        """What columns are counted in, as was agreed with the editor."""
        return types.PositionEncodingKind(made.workspace.position_encoding or "utf-16").value

    def analysis_of(uri: str) -> tuple[Analysis, str] | None:
        """What is known of a document, and its text now, which may be newer than what was analysed."""
        name, held = to_fs_path(uri), texts()
        path = Path(name or "").resolve()
        if path not in held:
            return None
        folders = [Path(found).resolve() for each in made.workspace.folders if (found := to_fs_path(each))]
        analysis = analyses.of(path, held, folders)
        return None if analysis is None else (analysis, held[path])

    @made.feature(types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintOptions(resolve_provider=True))
    def inlay_hints(params: types.InlayHintParams) -> list[types.InlayHint] | None:
        found = analysis_of(params.text_document.uri)
        if found is None:
            return None
        analysis, text = found
        lines = lines_of(text)
        first, last = params.range.start.line + 1, params.range.end.line + 1
        hints = moved(analysis.hints, analysis.text, text)
        return [as_sent(hint, params, lines) for hint in hints if first <= hint.line <= last]

    def as_sent(hint: Hint, params: types.InlayHintParams, lines: list[str]) -> types.InlayHint:
        column = to_units(lines[hint.line - 1], hint.column, encoding())
        return types.InlayHint(
            position=types.Position(hint.line - 1, column),
            label=hint.label.lstrip(),
            kind=types.InlayHintKind.Type,
            padding_left=hint.label.startswith(" "),
            data={"uri": params.text_document.uri, "span": list(hint.span)},
        )

    @made.feature(types.INLAY_HINT_RESOLVE)
    def resolved(hint: types.InlayHint) -> types.InlayHint:
        """All contexts, for the one hint that is pointed at."""
        data: Any = hint.data
        found = analysis_of(data["uri"])
        if found is not None:
            about = described(found[0].report, found[0].text, Span(*data["span"]))
            hint.tooltip = types.MarkupContent(types.MarkupKind.Markdown, about)
        return hint

    @made.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        found = analysis_of(params.text_document.uri)
        if found is None or found[0].text != found[1]:
            return None  # positions are those of another text
        analysis, text = found
        lines, units = lines_of(text), encoding()
        number = params.position.line
        if number >= len(lines):
            return None
        said = hover_of(analysis.report, text, (number + 1, to_bytes(lines[number], params.position.character, units)))
        if said is None:
            return None
        span, markdown = said
        start = types.Position(span.line - 1, to_units(lines[span.line - 1], span.column, units))
        end = types.Position(span.end_line - 1, to_units(lines[span.end_line - 1], span.end_column, units))
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, markdown), types.Range(start, end))

    @made.feature(types.INITIALIZED)
    def initialized(_: types.InitializedParams) -> None:
        """A new recording changes all hints."""
        if watches_files(made.client_capabilities):
            watcher = types.FileSystemWatcher(glob_pattern=f"**/{DATA}/profile.json")
            options = types.DidChangeWatchedFilesRegistrationOptions([watcher])
            method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
            made.client_register_capability(
                types.RegistrationParams([types.Registration("profile", method, options)])
            )

    @made.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(_: types.DidChangeWatchedFilesParams) -> None:
        ask_again()

    @made.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(_: types.DidSaveTextDocumentParams) -> None:
        """What is saved here may change what is known of another document."""
        ask_again()

    def ask_again() -> None:
        if refreshes_hints(made.client_capabilities):
            made.workspace_inlay_hint_refresh(None)

    return made


def plain(text: str) -> str:
    """Lines that end as Python reads them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def watches_files(client: types.ClientCapabilities) -> bool:
    watching = client.workspace and client.workspace.did_change_watched_files
    return bool(watching and watching.dynamic_registration)


def refreshes_hints(client: types.ClientCapabilities) -> bool:
    hints = client.workspace and client.workspace.inlay_hint
    return bool(hints and hints.refresh_support)
