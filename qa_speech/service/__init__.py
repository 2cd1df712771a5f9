"""The service-quality report of a month (话务服务质量分析报告): from scored calls and the lists of the department to one document.

columns     a month as columns: scored calls, call records, survey, tickets, each with its units and its periods
scored      the results of a run → columns                      records     lists → columns, every bad row named
org         who belonged where on which day                     causes      cause lists, proposed causes
figures     one kind of figure for all: Σ numerators / Σ denominators over rows, by unit
questions   every figure against its peers and the period before → one family of q-values → findings
measures    what follows from a finding                         assessment  targets, weights, the main contradiction
chapters/   the sections of the report                          document    sections, tables of typed cells, charts as data
html, word, workbook     three writers of one document
"""
