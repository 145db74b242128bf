"""How the kernels are run on arrays of any shape, layout and dtype. Nothing here knows a formula.

`arguments` checks what a caller gave, and `foreign` what comes from another library; `calls` puts a
kernel together with its arguments, `tiles` cuts arrays into matrices, `columns` adds up the columns
of these, and `threads` shares them out.
"""
