"""Pages of people without an account: an invitation, and what a personal link opens."""

from web.role_matrix import read_table

ROWS = read_table("""
GET   /i                          invited    200      -
GET   /i/{token}                  everybody  303:/i   404
POST  /i                          invited    422      -
POST  /i/check                    invited    422      -
GET   /me                         page       200      -
GET   /me/download                page       200      -
GET   /me/photos/{reference}      page       200      404
GET   /me/receipts/{record}.json  page       200      404
GET   /me/receipts/{record}.pdf   page       200      404
POST  /me/name                    page       422      -
POST  /me/purposes                page       422      -
GET   /p/{token}                  everybody  303:/me  404
POST  /me/withdraw                page       200      -
POST  /me/close                   everybody  303:/    -
""")
