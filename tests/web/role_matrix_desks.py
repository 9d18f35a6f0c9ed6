"""Desks of stewards, searchers and approvers."""

from web.role_matrix import read_table

ROWS = read_table("""
GET   /approvals                                approver           200                -
GET   /approvals/{search}                       approver           200                404
GET   /approvals/{search}/face.jpg              approver           200                404
GET   /approvals/{search}/photo.jpg             approver           200                404
POST  /approvals/{search}/approve               approver           303:/approvals     404
POST  /approvals/{search}/refuse                approver           422                404
GET   /cases                                    steward+searcher   200                -
POST  /cases                                    steward+searcher   422                -
GET   /imports                                  steward            200                -
GET   /imports/{run}                            steward            -                  404
GET   /imports/{run}/progress                   steward            -                  404
GET   /imports/{run}/report.csv                 steward            -                  404
POST  /imports                                  steward            422                -
GET   /invitations                              steward            200                -
GET   /invitations/new                          steward            200                -
POST  /invitations                              steward            422                -
POST  /invitations/{invitation}/print           steward            200                404
POST  /invitations/{invitation}/renew           steward            200                404
GET   /people                                   steward            200                -
GET   /people/duplicates                        steward            200                -
GET   /people/duplicates/{check}                steward            -                  404
GET   /people/expiring                          steward            200                -
GET   /people/new                               steward            200                -
GET   /people/{person}                          steward            200                404
GET   /people/{person}/photos/{reference}.jpg   steward            200                404
GET   /people/{person}/searches/{search}/delay  steward            -                  404
GET   /people/{person}/withdraw                 steward            200                404
POST  /people                                   steward            422                -
POST  /people/duplicates                        steward            422                -
POST  /people/find                              steward            422                -
POST  /people/{person}/confirm                  steward            422                404
POST  /people/{person}/kin                      steward            422                422
POST  /people/{person}/link                     steward            200                404
POST  /people/{person}/renew                    steward            422                404
POST  /people/{person}/searches/{search}/delay  steward            -                  404
GET   /reviews                                  searcher+approver  200                -
GET   /reviews/{search}                         searcher+approver  200                404
GET   /reviews/{search}/candidates/{label}.jpg  searcher+approver  200                404
GET   /reviews/{search}/eyes/{label}            searcher+approver  200                404
GET   /reviews/{search}/outcome                 member             403                404
GET   /reviews/{search}/probe.jpg               searcher+approver  200                404
POST  /reviews/{search}/conclusion              searcher+approver  422                404
POST  /reviews/{search}/observations            searcher+approver  422                404
GET   /searches                                 searcher           200                -
GET   /searches/new                             searcher           200                -
GET   /searches/new/faces                       searcher           303:/searches/new  -
GET   /searches/new/faces/{number}.jpg          searcher           -                  404
GET   /searches/{search}                        searcher           200                404
GET   /searches/{search}/candidates/{rank}.jpg  searcher           200                404
GET   /searches/{search}/eyes/{rank}            searcher           200                404
GET   /searches/{search}/probe.jpg              searcher           200                404
POST  /searches                                 searcher           404                -
POST  /searches/photo                           searcher           422                -
POST  /searches/{search}/run                    searcher           -                  404
POST  /cases/{case}/close                       steward+searcher   303:/cases         404
POST  /invitations/{invitation}/revoke          steward            303:/invitations   404
POST  /people/{person}/withdraw                 steward            422                404
POST  /searches/new/drop                        searcher           303:/searches/new  -
""")
