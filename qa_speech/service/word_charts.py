"""Native charts in a Word document: the parts that python-pptx's chart writer makes, with their workbooks, hung into a .docx."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qa_speech.service.document import Chart, Funnel

CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
EMU_PER_CM = 360_000
COLOURS = ("1F6FB2", "B9C4CF", "6B7785")
LABEL_SIZE = 900
"""Hundredths of a point."""


def add_chart(made: Any, chart: Chart, size_cm: tuple[float, float]) -> None:
    """Bars, lines or a histogram at the end of a document."""
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    data = CategoryChartData(number_format="General")
    data.categories = list(chart.labels)
    for series in chart.series:
        data.add_series(series.name, series.values)
    kinds = {
        "bars": XL_CHART_TYPE.BAR_CLUSTERED,
        "lines": XL_CHART_TYPE.LINE_MARKERS,
        "histogram": XL_CHART_TYPE.COLUMN_CLUSTERED,
    }
    width, height = size_cm
    if chart.kind == "bars":
        height = max(4.0, 1.6 + 0.62 * len(chart.labels))
    _place(
        made,
        kinds[chart.kind],
        data,
        _styled(chart),
        (width, height),
        chart.title,
    )


def _styled(chart: Chart) -> Mapping[str, bool]:
    return {
        "reverse": chart.kind == "bars",
        "legend": len(chart.series) > 1,
        "labels": chart.kind == "bars",
    }


def add_funnel(made: Any, funnel: Funnel, size_cm: tuple[float, float]) -> None:
    """A funnel plot at the end of a document: points, and limits as lines."""
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import XL_CHART_TYPE

    data = XyChartData(number_format="General")
    inside = data.add_series("坐席")
    outside = data.add_series("界限之外的坐席")
    for point in funnel.points:
        (outside if point.outside else inside).add_data_point(point.size, point.value)
    lines = {
        "下限": funnel.low,
        "上限": funnel.high,
        "下限（含差别）": funnel.wide_low,
        "上限（含差别）": funnel.wide_high,
    }
    for name, values in lines.items():
        series = data.add_series(name)
        for size, value in zip(funnel.sizes, values, strict=True):
            series.add_data_point(size, value)
    look = {"reverse": False, "legend": True, "labels": False, "funnel": True}
    _place(made, XL_CHART_TYPE.XY_SCATTER, data, look, size_cm, funnel.title)


def _place(
    made: Any,
    kind: Any,
    data: Any,
    look: Mapping[str, bool],
    size_cm: tuple[float, float],
    title: str,
) -> None:
    """Hang the chart part with its workbook into the document, and a drawing that shows it."""
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml
    from pptx.chart.xmlwriter import ChartXmlWriter
    from pptx.parts.chart import ChartPart

    package = made.part.package
    number = 1 + sum("/charts/chart" in str(part.partname) for part in package.iter_parts())
    xml = ChartXmlWriter(kind, data).xml.encode("utf-8")
    # python-pptx styles a chart through its own part; none of its packages is written
    styled = ChartPart.load(PackURI(f"/word/charts/chart{number}.xml"), CHART_TYPE, None, xml)
    _style(styled.chart, look)
    book = Part(
        PackURI(f"/word/embeddings/chart{number}.xlsx"),
        BOOK_TYPE,
        _workbook(data),
        package,
    )
    root = styled._element
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), CHART_TYPE, b"", package)
    relation = part.relate_to(book, f"{RELATION}/package")
    _embed(root, relation)
    part._blob = _bytes(root)
    hung = made.part.relate_to(part, f"{RELATION}/chart")
    made.add_paragraph().add_run()._r.append(parse_xml(_drawing(hung, number, size_cm, title)))


def _workbook(data: Any) -> bytes:
    from pptx.chart.xlsx import CategoryWorkbookWriter, XyWorkbookWriter

    writer = XyWorkbookWriter if hasattr(data, "append") and "Xy" in type(data).__name__ else CategoryWorkbookWriter
    return bytes(writer(data).xlsx_blob)


def _embed(root: Any, relation: str) -> None:
    """Say where the data of the chart are."""
    from docx.oxml import parse_xml

    chart = "http://schemas.openxmlformats.org/drawingml/2006/chart"
    root.append(
        parse_xml(
            f'<c:externalData xmlns:c="{chart}" xmlns:r="{RELATION}" r:id="{relation}"><c:autoUpdate val="0"/></c:externalData>'
        )
    )


def _bytes(root: Any) -> bytes:
    from lxml import etree

    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _style(chart: Any, look: Mapping[str, bool]) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_LEGEND_POSITION, XL_MARKER_STYLE
    from pptx.enum.dml import MSO_LINE
    from pptx.util import Pt

    chart.has_title = False
    chart.font.size = Pt(LABEL_SIZE / 100)
    chart.has_legend = look["legend"]
    if look["legend"]:
        chart.legend.position = XL_LEGEND_POSITION.BOTTOM
        chart.legend.include_in_layout = False
    plot = chart.plots[0]
    for place, series in enumerate(plot.series):
        colour = RGBColor.from_string(COLOURS[min(place, 2)])
        if look.get("funnel"):
            if place < 2:
                series.format.line.fill.background()
                series.marker.format.fill.solid()
                series.marker.format.fill.fore_color.rgb = RGBColor.from_string(("1F6FB2", "B3261E")[place])
            else:
                series.marker.style = XL_MARKER_STYLE.NONE
                series.format.line.color.rgb = RGBColor.from_string(COLOURS[2])
                series.format.line.width = Pt(1)
                series.format.line.dash_style = MSO_LINE.DASH if place > 3 else MSO_LINE.SOLID
        elif hasattr(series, "marker"):
            series.format.line.color.rgb = colour
            series.smooth = False
        else:
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = colour
    if look.get("funnel"):
        chart.value_axis.maximum_scale = 100
        chart.value_axis.has_major_gridlines = False
    if look["labels"]:
        chart.value_axis.visible = False
        chart.value_axis.has_major_gridlines = False
        plot.has_data_labels = True
        plot.data_labels.show_value = True
    if look["reverse"]:
        chart.category_axis.reverse_order = True
        plot.gap_width = 60


def _drawing(relation: str, number: int, size_cm: tuple[float, float], title: str) -> str:
    from xml.sax.saxutils import quoteattr

    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    place = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
    chart = "http://schemas.openxmlformats.org/drawingml/2006/chart"
    width, height = (round(one * EMU_PER_CM) for one in size_cm)
    return (
        f'<w:drawing xmlns:w="{word}" xmlns:wp="{place}" xmlns:a="{DRAWING}" xmlns:r="{RELATION}">'
        f'<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>'
        f'<wp:docPr id="{1000 + number}" name="chart{number}" descr={quoteattr(title)}/><wp:cNvGraphicFramePr/>'
        f'<a:graphic><a:graphicData uri="{chart}"><c:chart xmlns:c="{chart}" r:id="{relation}"/></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing>"
    )
