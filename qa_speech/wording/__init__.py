"""Every code as a plain sentence, Chinese or English: for pages, sheets and the terminal, so that all say the same.

    lang        the two languages, and how a text is chosen between them
    catalogue   what each code is called
    figures     what the figures are called
    terms       03:12 · 7.2 秒 · 未通过 · 双声道（1 坐席，2 客户）
    sentences   客户提问后坐席静音 7.2 秒（03:12–03:19），标准 ≤ 3 秒
    messages    slow-answer.ogg  01:18  62.5 分 不合格  无声：客户提问后坐席静音 …

Nothing here raises on an unknown code: a plug-in's name is shown as it stands.
"""
