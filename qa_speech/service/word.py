"""The report as a Word document: python-docx, charts native and editable with their data embedded (by python-pptx's writer).

仿宋 and 黑体 are named for East Asian text, not embedded: Word shows the reader's own. A template gives its styles, its header and
its footer; what it has no style for is shown in its normal one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qa_speech.errors import ConfigError, problem
from qa_speech.files import whole_file
from qa_speech.service.document import (
    Bullets,
    Cards,
    Cell,
    Chart,
    Column,
    Document,
    Funnel,
    Paragraph,
    Table,
)
from qa_speech.service.svg import shades
from qa_speech.service.word_charts import add_chart, add_funnel

BODY, HEADING = "仿宋", "黑体"
BODY_PT, TABLE_PT = 12, 9
CHART_CM = (15.5, 8.0)
BAD = (0xB3, 0x26, 0x1E)
LONG, LONG_OF_MANY = 30.0, 16.0
"""Characters that a column's width is reckoned by at most; less where there are many columns."""
MANY = 7
LEAST = 4.5
MISSING = problem(
    "a Word document needs python-docx and python-pptx: pip install 'qa-speech[word]'; without them: --format html,xlsx"
)


def require_packages() -> None:
    """Say what to install where the packages for Word are missing.

    Raises
    ------
    ConfigError
        They are.
    """
    try:
        import docx  # noqa: F401
        import pptx  # noqa: F401
    except ImportError as exc:
        raise ConfigError("--format docx", [MISSING]) from exc


def write_word(
    document: Document,
    path: str | Path,
    *,
    template: str | Path | None = None,
) -> None:
    """Write the document; it is there whole or not at all.

    Parameters
    ----------
    template
        A ``.docx`` whose styles, page, header and footer are kept; its text is not.

    Raises
    ------
    ConfigError
        The packages are missing, or the template cannot be read.
    """
    require_packages()
    made = _opened(template)
    _title(made, document)
    for section in document.sections:
        made.add_heading(section.title, 1)
        for block in section.blocks:
            _block(made, block)
    with whole_file(Path(path)) as temporary:
        made.save(str(temporary))


def _opened(template: str | Path | None) -> Any:
    from zipfile import BadZipFile

    import docx
    from docx.opc.exceptions import PackageNotFoundError

    if template is None:
        made = docx.Document()
        _fonts(made)
        return made
    try:
        made = docx.Document(str(template))
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError) as exc:
        raise ConfigError(
            str(template),
            [problem("cannot be read as a .docx; expected a Word document of your own")],
        ) from exc
    body = made.element.body
    for child in list(body):
        if not child.tag.endswith("sectPr"):
            body.remove(child)
    return made


def _fonts(made: Any) -> None:
    """仿宋 for text, 黑体 for headings, both for East Asian characters."""
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    for name in (
        "Normal",
        "Title",
        "Subtitle",
        "Heading 1",
        "Heading 2",
        "List Bullet",
    ):
        style = made.styles[name]
        font = BODY if name in ("Normal", "List Bullet") else HEADING
        style.font.name = "Times New Roman"
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
        if name != "List Bullet":
            style.font.color.rgb = RGBColor(0, 0, 0)
    made.styles["Normal"].font.size = Pt(BODY_PT)
    made.styles["Heading 1"].font.size = Pt(16)
    made.styles["Heading 2"].font.size = Pt(13)
    for page in made.sections:
        page.page_width, page.page_height = Cm(21.0), Cm(29.7)
        page.left_margin = page.right_margin = Cm(2.4)
        page.top_margin = page.bottom_margin = Cm(2.4)


def _title(made: Any, document: Document) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    title = made.add_paragraph(document.title, style=_style(made, "Title"))
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    below = made.add_paragraph(document.subtitle, style=_style(made, "Subtitle"))
    below.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _style(made: Any, name: str) -> str | None:
    """The style, if the template has it."""
    return name if name in [style.name for style in made.styles] else None


def _block(made: Any, block: object) -> None:
    if isinstance(block, Paragraph):
        made.add_paragraph().add_run(block.text).bold = block.lead or None
    elif isinstance(block, Bullets):
        for item in block.items:
            made.add_paragraph(item, style=_style(made, "List Bullet"))
    elif isinstance(block, Cards):
        _table(made, _cards(block))
    elif isinstance(block, Table):
        made.add_heading(block.title, 2)
        _table(made, block)
    elif isinstance(block, Chart):
        made.add_heading(block.title, 2)
        add_chart(made, block, CHART_CM)
    elif isinstance(block, Funnel):
        made.add_heading(block.title, 2)
        add_funnel(made, block, CHART_CM)


def _cards(block: Cards) -> Table:
    """The figures of the first page as a table."""
    rows = tuple((Cell(card.title), card.cell, Cell(card.note)) for card in block.cards)
    return Table(
        "cards",
        "",
        (Column("指标"), Column("本期", True), Column("说明")),
        rows,
    )


def _table(made: Any, table: Table) -> None:
    """A table in XML written at once: cell by cell python-docx takes minutes for large ones."""
    from docx.shared import Pt

    shown = made.add_table(
        rows=1 + len(table.rows),
        cols=len(table.columns),
        style=_style(made, "Table Grid"),
    )
    shown.autofit = False
    widths = _widths(made, table)
    colours = shades(table) if table.shaded else []
    for place, width in zip(shown._tbl.tblGrid.gridCol_lst, widths, strict=True):
        place.set(_w("w"), str(width))
    heads = [Cell(column.title) for column in table.columns]
    for number, (cells, row) in enumerate(zip((heads, *table.rows), shown._tbl.tr_lst, strict=True)):
        for place, (cell, place_in_row) in enumerate(zip(cells, row.tc_lst, strict=True)):
            colour = colours[number - 1][place] if colours and number else ""
            _cell(
                place_in_row,
                cell,
                widths[place],
                colour,
                head=number == 0,
                right=table.columns[place].numeric,
            )
    _repeat_head(shown)
    if table.note:
        run = made.add_paragraph().add_run(table.note)
        run.font.size = Pt(TABLE_PT)
    made.add_paragraph()


def _widths(made: Any, table: Table) -> list[int]:
    """Widths of the columns in twentieths of a point, by their longest texts."""
    page = made.sections[-1]
    whole = (page.page_width - page.left_margin - page.right_margin) // 635
    most = LONG if len(table.columns) < MANY else LONG_OF_MANY
    longest: list[float] = []
    for place, column in enumerate(table.columns):
        texts = [column.title, *(row[place].text for row in table.rows[:100])]
        wide = max(_span(text) for text in texts)
        longest.append(min(most, max(LEAST, wide + 1)))
    return [int(whole * one / sum(longest)) for one in longest]


def _span(text: str) -> float:
    """How wide a text is, in Chinese characters."""
    return sum(1.0 if ord(char) > 0x2E7F else 0.55 for char in text)


def _cell(
    place: Any,
    cell: Cell,
    width: int,
    colour: str,
    *,
    head: bool,
    right: bool,
) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    properties = place.get_or_add_tcPr()
    properties.get_or_add_tcW().set(_w("w"), str(width))
    properties.get_or_add_tcW().set(_w("type"), "dxa")
    fill = "EEF2F5" if head else colour.removeprefix("#")
    if fill:
        properties.append(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{fill}"/>'))
    paragraph = place.p_lst[0]
    tone = "B3261E" if cell.tone == "bad" else ""
    side = "right" if right else "left"
    spacing = '<w:spacing w:before="20" w:after="20" w:line="240" w:lineRule="auto"/>'
    paragraph.append(parse_xml(f'<w:pPr {nsdecls("w")}>{spacing}<w:jc w:val="{side}"/></w:pPr>'))
    bold = "<w:b/>" if head else ""
    shade = f'<w:color w:val="{tone}"/>' if tone else ""
    run = parse_xml(
        f'<w:r {nsdecls("w")}><w:rPr>{bold}{shade}<w:sz w:val="{2 * TABLE_PT}"/></w:rPr><w:t xml:space="preserve"/></w:r>'
    )
    run[-1].text = printable(cell.text)
    paragraph.append(run)


def printable(text: str) -> str:
    """A text without characters that XML cannot hold.

    >>> printable("a\\x00b")
    'ab'
    """
    return "".join(char for char in text if char >= " " or char in "\t\n")


def _w(name: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(f"w:{name}"))


def _repeat_head(shown: Any) -> None:
    """The head stands on every page that the table takes, and no row is cut by one."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    for number, row in enumerate(shown._tbl.tr_lst):
        properties = row.get_or_add_trPr()
        properties.append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
        if number == 0:
            properties.append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
