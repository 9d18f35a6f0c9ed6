"""Licences, oversight and administration."""

from web.role_matrix import read_table

ROWS = read_table("""
GET   /administration                                 administrator   200                           -
GET   /administration/accounts/new                    administrator   200                           -
GET   /administration/accounts/{member}               administrator   200                           404
GET   /administration/health                          administrator   200                           -
GET   /administration/packs                           administrator   200                           -
GET   /administration/purposes                        administrator   200                           -
GET   /administration/retention                       administrator   200                           -
GET   /administration/settings                        administrator   200                           -
POST  /administration/accounts                        administrator   422                           -
POST  /administration/accounts/{member}/link          administrator   200                           404
POST  /administration/accounts/{member}/reactivate    administrator   303:/administration/accounts  404
POST  /administration/accounts/{member}/reset         administrator   200                           404
POST  /administration/accounts/{member}/roles         administrator   422                           404
POST  /administration/accounts/{member}/sessions/end  administrator   303:/administration/accounts  404
POST  /administration/accounts/{member}/suspend       administrator   303:/administration/accounts  404
POST  /administration/mail-test                       administrator   422                           -
POST  /administration/purposes                        administrator   422                           -
POST  /administration/purposes/translations           administrator   422                           -
POST  /administration/retention                       administrator   422                           -
POST  /administration/settings                        administrator   422                           -
POST  /administration/settings/provider               administrator   422                           -
GET   /licences                                       searcher+issuer+overseer+administrator 200 -
GET   /licences/new                                   issuer          200                           -
GET   /licences/{licence}                             searcher+issuer+overseer+administrator 200 404
GET   /licences/{licence}/{act}                       issuer          200                           404
POST  /licences                                       issuer          422                           -
POST  /licences/{licence}/{act}                       issuer          422                           404
GET   /oversight                                      overseer        200                           -
GET   /oversight/entries/{index}/proof                overseer        200                           404
GET   /oversight/export                               overseer        200                           -
GET   /oversight/people                               overseer        200                           -
GET   /oversight/reports                              overseer        200                           -
GET   /oversight/reports/{year}                       overseer        200                           422
GET   /oversight/reports/{year}/{table}               overseer        -                             422
GET   /oversight/retention                            overseer        200                           -
GET   /oversight/samples                              overseer        200                           -
GET   /oversight/searches                             overseer        200                           -
GET   /oversight/searches/{name}                      overseer        200                           404
GET   /oversight/searches/{name}/opened               overseer        303:/oversight/searches       404
GET   /oversight/searches/{name}/pictures/{which}     overseer        404                           404
GET   /oversight/unusual                              overseer        200                           -
POST  /oversight/export                               overseer        422                           -
POST  /oversight/holds                                overseer        422                           -
POST  /oversight/holds/{hold}/release                 overseer        -                             404
POST  /oversight/searches/{name}/open                 overseer        303:/oversight/searches       404
POST  /oversight/unusual                              overseer        200                           -
""")
