"""The API: roles that may, and the scope that their token needs."""

from web.role_matrix import read_table

ROWS = read_table(
    """
GET    /cases                                           steward+searcher+overseer@searches:read              200 -
GET    /invitations                                     steward@people:read                                  200 -
GET    /ledger/checkpoint                               token                                                200 -
GET    /ledger/entries                                  token                                                200 -
GET    /ledger/entries/{index}                          token                                                200 404
GET    /ledger/entries/{index}/proof                    token                                                200 404
GET    /licences                                        searcher+issuer+overseer+administrator@licences:read 200 -
GET    /licences/{licence}                              searcher+issuer+overseer+administrator@licences:read 200 404
GET    /me                                              token                                                200 -
GET    /oversight/counts                                overseer@oversight                                   200 -
GET    /oversight/findings                              overseer@oversight                                   200 -
GET    /people                                          steward@people:read                                  200 -
GET    /people/{person}                                 steward@people:read                                  200 404
GET    /people/{person}/references/{reference}/portrait steward@people:read                                  200 404
GET    /purposes                                        token                                                200 -
GET    /requests                                        approver@approvals                                   200 -
GET    /requests/{search}                               approver@approvals                                   200 404
GET    /requests/{search}/photo                         approver@approvals                                   200 404
GET    /reviews                                         searcher+approver@reviews                            200 -
GET    /reviews/{search}                                searcher+approver@reviews                            200 404
GET    /reviews/{search}/candidates/{label}/portrait    searcher+approver@reviews                            200 404
GET    /reviews/{search}/outcome                        searcher+approver@reviews                            403 404
GET    /reviews/{search}/probe                          searcher+approver@reviews                            200 404
GET    /reviews/{search}/scores                         searcher+approver@reviews                            422 404
GET    /searches                                        searcher@searches:read                               200 -
GET    /searches/{search}                               searcher@searches:read                               200 404
GET    /searches/{search}/candidates/{rank}/portrait    searcher@searches:read                               200 404
GET    /searches/{search}/probe                         searcher@searches:read                               200 404
POST   /cases                                           steward+searcher@searches:write                      422 -
POST   /cases/close                                     steward+searcher@searches:write                      422 -
POST   /invitations                                     steward@people:write                                 422 -
DELETE /invitations/{invitation}                        steward@people:write                                 204 404
POST   /licences                                        issuer@licences:write                                422 -
POST   /licences/{licence}/changes                      issuer@licences:write                                422 422
POST   /people                                          steward@people:write                                 422 -
POST   /people/{person}/withdraw                        steward@people:write                                 422 422
POST   /requests/{search}/approve                       approver@approvals                                   422 404
POST   /requests/{search}/refuse                        approver@approvals                                   422 422
POST   /reviews/{search}/conclusion                     searcher+approver@reviews                            422 422
PUT    /reviews/{search}/observations/{label}           searcher+approver@reviews                            422 422
POST   /searches                                        steward+searcher@searches:write                      422 -
POST   /searches/{search}/run                           searcher@searches:write                              -   404
""",
    prefix="/api/v1",
)
