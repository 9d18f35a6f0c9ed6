"""A member's own account."""

from web.role_matrix import read_table

ROWS = read_table("""
GET   /account                        member     200                  -
GET   /account/authenticator          member     200                  -
GET   /account/mail                   member     200                  -
GET   /account/provider               member     422                  -
GET   /account/tokens                 member     200                  -
POST  /account/authenticator          member     422                  -
POST  /account/authenticator/remove   member     422                  -
POST  /account/mail                   member     303:/account/mail    -
POST  /account/passkeys               member     422                  -
POST  /account/passkeys/options       member     200                  -
POST  /account/passkeys/remove        member     422                  -
POST  /account/password               member     422                  -
POST  /account/provider/disconnect    member     303:/account         -
POST  /account/recovery-codes         member     200                  -
POST  /account/seen                   member     303:/account         -
POST  /account/sessions/end           member     422                  -
POST  /account/sessions/end-others    member     303:/account         -
POST  /account/tokens                 member     422                  -
POST  /account/tokens/{token}/revoke  member     303:/account/tokens  404
GET   /confirm                        member     200                  -
POST  /confirm                        member     422                  -
POST  /confirm/options                member     200                  -
POST  /confirm/passkey                member     422                  -
POST  /sign-out                       everybody  303:/                -
""")
