"""Pages for everybody: the door, the public page, the published ledger, health and the demonstration."""

from web.role_matrix import read_table

ROWS = read_table("""
GET   /                               everybody  200           -
GET   /demonstration/pictures/{name}  everybody  200           404
GET   /healthz                        everybody  200           -
POST  /language                       everybody  422           -
GET   /ledger/checkpoint              everybody  200           -
GET   /ledger/tile/{path:path}        everybody  -             404
GET   /ledger/verify.html             everybody  200           -
GET   /metrics                        everybody  404           -
GET   /public                         everybody  200           -
GET   /readyz                         everybody  200           -
GET   /sign-in                        everybody  200           -
GET   /sign-in/enrol                  everybody  303:/sign-in  -
GET   /sign-in/factor                 everybody  303:/sign-in  -
GET   /sign-in/provider               everybody  422           -
GET   /sign-in/provider/back          everybody  303:/sign-in  -
POST  /sign-in                        everybody  422           -
POST  /sign-in/enrol                  everybody  422           -
POST  /sign-in/enrol/options          everybody  403           -
POST  /sign-in/enrol/passkey          everybody  422           -
POST  /sign-in/factor                 everybody  422           -
POST  /sign-in/factor/options         everybody  403           -
POST  /sign-in/factor/passkey         everybody  422           -
POST  /sign-in/passkey                everybody  422           -
POST  /sign-in/passkey/options        everybody  200           -
GET   /welcome                        everybody  303:/sign-in  -
GET   /welcome/{token}                everybody  303:/welcome  303:/welcome
POST  /welcome                        everybody  422           -
""")
