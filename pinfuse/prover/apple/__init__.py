# SPDX-License-Identifier: MIT
"""iOS as far as the stub looks at it: small fakes of its frameworks, one module each, and what drives them."""
