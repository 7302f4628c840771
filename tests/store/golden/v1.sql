PRAGMA application_id = 1347571542;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE documents (
    run INTEGER PRIMARY KEY,
    document BLOB NOT NULL
);
INSERT INTO "documents" VALUES(1,X'789C8D91CD6AC3301084DF65CF46382DE4A05709C16CEC75AC5A3F46929B1AA177EFAED3941E42C97135B3DF0CDA021E1D81866B08033460FCB2E604BAC02DC481DF27B236406D20ACF9212534229512168A984DF0498D26A6AC22A5D56695F2C0F65AF7BD5F0FE853817D733773DA6CBC8C7D700EBDC42F18B94EA6B8E73CDEF509A89F02EBA5DC0B2A69C7FC73ADCD0FD3D327C567CCDB441EF48836D13F01BBFE97C7C2F60C3786D811F6932C21CF1738BFD25B56D44C1B976E5EF9396EC2DC3EF8D15CD7BB55D012642D59931CE843CBDFEBBB118D5DA31C31066B2FD8CF1C918D2326813EB6AD625FA41C372160CEE41639E4BB9CDB6483B61BC822AB07718ED8E71041BFC9E0F0EB211E77CE87E17D565B75A8B57E03669AC512');
INSERT INTO "documents" VALUES(2,X'789C4D8ED16EC3300845FF85E7AC4A36A90FF995AA8AA843265A6C4798B4DB22FFFBF0A64E7BBC1CEE811D124682111E74810EF24A8AC63915184F3BF0FC476E9C5A28A477D22928A1918F57CD779E491D490E286D84EA4A2375C7FE4FFF32382CFCD562892802B59E3B08392DFCBEFD9E6D8DD61721E112611C7A7F2A4D0BB26CDA9A9A452E186EEE328E943783F1D8F707DF5332FD6C0634A3B89ADF7FEB80131BA34C33093A1DDAE682C1B2FFFCDA42C48F273CFE78AEEC7DA7FD61A8B57E030E025FC0');
INSERT INTO "documents" VALUES(3,X'789C6D504B6E83400CBD8BD7930852290BAE1245C8CC98CA653EC80C512B3477AF87922EDAEC6C3FBF8FBD41C440D0C11A5D8A04061CCD141D45CBB440B7C12069A208DD0DDC00F76220CD24983945856F1BB053B64206268EB55E481E24BD15C25C0567490F76240AF964D1D7118ABA6692DDE148E086530BA59843F2F0FD95B52904D4EA2FFB39D78023FA85F68C4259BE2A8A395398B36E5E0C70E4CCE87B471E156DCE6D2977A30A71E4F7F5E7A84AAA06DE93E72540D7367A72EC4764BF4ACD29C9FB01EDA44932074A6B86EEDA34E7E6A5EDDB3FDBB66E8E6873D2975C6A13F0F3095E779D0F56BE1C09CB373A9F8C0F');
INSERT INTO "documents" VALUES(4,X'789C9D90C16EC3200C86DFC56754259DD403AF524595179CC90B988838DAA628EF3E43DBC38EEB0DF0CFE7CFDE4130117858B028630407811692403232ADE077C049A980BFC27BC933090C878331CBC41F5B41E52C3564DF31468ABC26F07DE720CB6D428E5BA9708B2BCB4646574E9437057FE9BA93E50A69F9696D54292D6A2DDF1CB070B5B9058A68D5BE26271C359BC8B95E127E3F8B97C6F9646D9ADDA93F4C302F749733DE75070E66F195CBBC9AC2CC129A544A6827D7E413D9F736EFF3DD26D662CE83F11E84C706FE839830AE7F18F775BE62311CBFBD649089');
INSERT INTO "documents" VALUES(5,X'789C9590C16EC3300886DF85B355259BD4435E65AA2A6A938DD5369143B44D51DE7D90ACDAB9271BF8F9F861858A8560803BE74C0902249AA826AA91698661852F64B5CF1B8CDC66854B808CF65AE2A85CB60032514365A92E5C8193010F793070F5304A29587DC084CD462AB51DFFC81B4FDB4286DBC21FE1E03F439833D16482DE6D4ABD26596E66151A69FB817FF2BEC133608A1FE2B791BA3B347A943AF2FB72ACED6AEFB513669E0B0C7DB7CF1F91F3D2FCBC4D72BE61BC1B44B9902C66EBDC7527D31DE68C80AA54263FF66B00AEAC8CF99A28A3557B578E18551A0C2F1E14FC7E14CF3BE793ADDFAADDA9DFB6ED174DC39D92');
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at REAL NOT NULL,
    operation_id TEXT,
    data TEXT
);
INSERT INTO "events" VALUES(1,1,'WorkflowStarted',1700650609.405,NULL,'{"name":"good","operations":4}');
INSERT INTO "events" VALUES(2,1,'OperationSkipped',1700650609.405,'never','{"reason":"its condition is false"}');
INSERT INTO "events" VALUES(3,1,'OperationStarted',1700650609.407,'first','{"kind":"command","provider":null,"attempt":1}');
INSERT INTO "events" VALUES(4,1,'OperationOutput',1700650609.409,'first','{"stream":"stdout","text":"hello"}');
INSERT INTO "events" VALUES(5,1,'OperationSucceeded',1700650609.41,'first',NULL);
INSERT INTO "events" VALUES(6,1,'OperationStarted',1700650609.411,'many.a','{"kind":"command","provider":null,"attempt":1}');
INSERT INTO "events" VALUES(7,1,'OperationStarted',1700650609.411,'many.b','{"kind":"command","provider":null,"attempt":1}');
INSERT INTO "events" VALUES(8,1,'OperationOutput',1700650609.414,'many.a','{"stream":"stdout","text":"a hello"}');
INSERT INTO "events" VALUES(9,1,'OperationOutput',1700650609.414,'many.a','{"stream":"stdout","text":""}');
INSERT INTO "events" VALUES(10,1,'OperationOutput',1700650609.415,'many.b','{"stream":"stdout","text":"b hello"}');
INSERT INTO "events" VALUES(11,1,'OperationOutput',1700650609.415,'many.b','{"stream":"stdout","text":""}');
INSERT INTO "events" VALUES(12,1,'OperationSucceeded',1700650609.415,'many.a',NULL);
INSERT INTO "events" VALUES(13,1,'OperationSucceeded',1700650609.415,'many.b',NULL);
INSERT INTO "events" VALUES(14,1,'WorkflowCompleted',1700650609.416,NULL,'{"state":"succeeded"}');
INSERT INTO "events" VALUES(15,2,'WorkflowStarted',1700650610.256,NULL,'{"name":"web","operations":1}');
INSERT INTO "events" VALUES(16,2,'OperationStarted',1700650610.257,'web','{"kind":"server_create","provider":"local","attempt":1}');
INSERT INTO "events" VALUES(17,2,'ResourceCreated',1700650610.303,'web','{"type":"server","id":"srv-d3514efa27e0453b","provider":"local","name":"web-1"}');
INSERT INTO "events" VALUES(18,2,'OperationSucceeded',1700650610.303,'web',NULL);
INSERT INTO "events" VALUES(19,2,'WorkflowCompleted',1700650610.306,NULL,'{"state":"succeeded"}');
INSERT INTO "events" VALUES(20,3,'WorkflowStarted',1700650611.111,NULL,'{"name":"undone","operations":2}');
INSERT INTO "events" VALUES(21,3,'OperationStarted',1700650611.112,'db','{"kind":"server_create","provider":"local","attempt":1}');
INSERT INTO "events" VALUES(22,3,'ResourceCreated',1700650611.156,'db','{"type":"server","id":"srv-cc77b4f638e55a96","provider":"local","name":"db-1"}');
INSERT INTO "events" VALUES(23,3,'OperationSucceeded',1700650611.156,'db',NULL);
INSERT INTO "events" VALUES(24,3,'OperationStarted',1700650611.157,'broken','{"kind":"command","provider":null,"attempt":1}');
INSERT INTO "events" VALUES(25,3,'OperationFailed',1700650611.16,'broken','{"error":{"code":"OperationFailed","message":"operation broken: false ended with exit status 1, and wrote nothing on stderr","hint":"its output is in `provisioning workflow logs`; with check = false any exit status is good","details":{"exit_status":1,"stderr":""}}}');
INSERT INTO "events" VALUES(26,3,'RollbackStarted',1700650611.161,NULL,'{"error":{"code":"OperationFailed","message":"operation broken: false ended with exit status 1, and wrote nothing on stderr","hint":"its output is in `provisioning workflow logs`; with check = false any exit status is good","details":{"exit_status":1,"stderr":""}}}');
INSERT INTO "events" VALUES(27,3,'CompensationStarted',1700650611.162,'db','{"summary":"delete server db-1"}');
INSERT INTO "events" VALUES(28,3,'OperationCompensated',1700650611.181,'db','{"summary":"delete server db-1"}');
INSERT INTO "events" VALUES(29,3,'ResourceDeleted',1700650611.181,'db','{"type":"server","id":"srv-cc77b4f638e55a96","provider":"local","name":"db-1"}');
INSERT INTO "events" VALUES(30,3,'RollbackCompleted',1700650611.182,NULL,'{"state":"rolled_back","error":{"code":"OperationFailed","message":"operation broken: false ended with exit status 1, and wrote nothing on stderr","hint":"its output is in `provisioning workflow logs`; with check = false any exit status is good","details":{"exit_status":1,"stderr":""}}}');
INSERT INTO "events" VALUES(31,4,'WorkflowStarted',1700650611.961,NULL,'{"name":"partial","operations":3}');
INSERT INTO "events" VALUES(32,4,'OperationStarted',1700650611.962,'works','{"kind":"command","provider":null,"attempt":1}');
INSERT INTO "events" VALUES(33,4,'OperationStarted',1700650611.962,'broken','{"kind":"command","provider":null,"attempt":1}');
INSERT INTO "events" VALUES(34,4,'OperationFailed',1700650611.965,'broken','{"error":{"code":"OperationFailed","message":"operation broken: false ended with exit status 1, and wrote nothing on stderr","hint":"its output is in `provisioning workflow logs`; with check = false any exit status is good","details":{"exit_status":1,"stderr":""}}}');
INSERT INTO "events" VALUES(35,4,'OperationSkipped',1700650611.965,'after','{"state":"blocked","reason":"broken, which it needs, failed"}');
INSERT INTO "events" VALUES(36,4,'OperationSucceeded',1700650611.966,'works',NULL);
INSERT INTO "events" VALUES(37,4,'WorkflowCompleted',1700650611.966,NULL,'{"state":"partial","error":{"code":"OperationFailed","message":"operation broken: false ended with exit status 1, and wrote nothing on stderr","hint":"its output is in `provisioning workflow logs`; with check = false any exit status is good","details":{"exit_status":1,"stderr":""}}}');
INSERT INTO "events" VALUES(38,5,'WorkflowStarted',1700650612.758,NULL,'{"name":"killed","operations":3}');
INSERT INTO "events" VALUES(39,5,'OperationStarted',1700650612.759,'first','{"kind":"command","provider":null,"attempt":1}');
INSERT INTO "events" VALUES(40,5,'OperationSucceeded',1700650612.761,'first',NULL);
INSERT INTO "events" VALUES(41,5,'OperationStarted',1700650612.762,'waits','{"kind":"command","provider":null,"attempt":1}');
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value NOT NULL
) WITHOUT ROWID
;
INSERT INTO "meta" VALUES('installation_id','5a7ef86541aa6970');
INSERT INTO "meta" VALUES('last_sequence',41);
CREATE TABLE operations (
    run INTEGER NOT NULL,
    position INTEGER NOT NULL,
    operation_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    provider TEXT,
    attempt INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    client_token TEXT NOT NULL,
    digest TEXT NOT NULL,
    compensation TEXT,
    progress TEXT,
    result TEXT,
    resources TEXT,
    error TEXT,
    started_at REAL,
    ended_at REAL,
    PRIMARY KEY (run, position),
    UNIQUE (run, operation_id)
) WITHOUT ROWID
;
INSERT INTO "operations" VALUES(1,1,'never','command','skipped',NULL,1,1,'593b9179a21b3d2a4aa179938164b9f2','',NULL,NULL,NULL,NULL,NULL,NULL,1700650609.405);
INSERT INTO "operations" VALUES(1,2,'first','command','succeeded',NULL,1,1,'040dfedeec4a3f8b3a1ac458dce4ff9a','f80820ede78edf2700726815b9c3ba6125952d5fbdeb233b0e8fe8ad779c6eb8',NULL,NULL,'{"exit_status":0,"stdout":"hello\n","stderr":""}',NULL,NULL,1700650609.407,1700650609.41);
INSERT INTO "operations" VALUES(1,3,'many.a','command','succeeded',NULL,1,1,'fc8e41d448eb0815e7e03fc8d1a89cda','adc35f58797a518bd96123489e0fd613616e51501d9e1d173508247c7c89f13a',NULL,NULL,'{"exit_status":0,"stdout":"a hello\n\n","stderr":""}',NULL,NULL,1700650609.411,1700650609.415);
INSERT INTO "operations" VALUES(1,4,'many.b','command','succeeded',NULL,1,1,'b09cb5a3ff96028e6158bd79f1de3212','5032418f88b36966b304ef574f7eb0bb1ee1c895bb15a96618eae66f1590a99a',NULL,NULL,'{"exit_status":0,"stdout":"b hello\n\n","stderr":""}',NULL,NULL,1700650609.411,1700650609.415);
INSERT INTO "operations" VALUES(2,1,'web','server_create','succeeded','local',1,1,'dfbade9dd5a8dc6454055b46b04d8788','d2a9b0e0767ca7c09d7337c182fbdd494f03ffd6ccdd4b346918eff07f908c1a','{"action":"DeleteResource","summary":"delete server web-1","data":{"client_token":"dfbade9dd5a8dc6454055b46b04d8788","name":"web-1","server_id":"srv-d3514efa27e0453b"}}',NULL,'{"id":"srv-d3514efa27e0453b","name":"web-1","state":"running","provider":"local","zone":"local-a","size":"small","image":"http","public_ips":[],"private_ips":["127.0.0.1"],"labels":{"provisioning-installation":"5a7ef86541aa6970","provisioning-workflow":"wf-web","provisioning-operation":"web"},"client_token":"dfbade9dd5a8dc6454055b46b04d8788","created_at":"2023-11-22T23:50:10.258655Z","raw":{"directory":"/srv/cloud/srv-d3514efa27e0453b","log":"/srv/cloud/srv-d3514efa27e0453b/server.log","port":42939,"url":"http://127.0.0.1:42939","pid":21796}}','[{"type":"server","id":"srv-d3514efa27e0453b","provider":"local","name":"web-1"}]',NULL,1700650610.257,1700650610.303);
INSERT INTO "operations" VALUES(3,1,'db','server_create','compensated','local',1,1,'5b2389dff126c38de3f88a24b7f8a1e5','3b82761a1bf2292233fa746a7c6f7022194cd54f9c0232a7cb3e40256f637b7f','{"action":"DeleteResource","summary":"delete server db-1","data":{"client_token":"5b2389dff126c38de3f88a24b7f8a1e5","name":"db-1","server_id":"srv-cc77b4f638e55a96"}}',NULL,'{"id":"srv-cc77b4f638e55a96","name":"db-1","state":"running","provider":"local","zone":"local-a","size":"small","image":"http","public_ips":[],"private_ips":["127.0.0.1"],"labels":{"provisioning-installation":"5a7ef86541aa6970","provisioning-workflow":"wf-undone","provisioning-operation":"db"},"client_token":"5b2389dff126c38de3f88a24b7f8a1e5","created_at":"2023-11-22T23:50:11.113695Z","raw":{"directory":"/srv/cloud/srv-cc77b4f638e55a96","log":"/srv/cloud/srv-cc77b4f638e55a96/server.log","port":45703,"url":"http://127.0.0.1:45703","pid":21803}}','[{"type":"server","id":"srv-cc77b4f638e55a96","provider":"local","name":"db-1"}]',NULL,1700650611.112,1700650611.181);
INSERT INTO "operations" VALUES(3,2,'broken','command','failed',NULL,1,1,'3b69b2c6378cd0e1876fa5fa486bda92','9f1ca9546df814469c6fa826dd7ed5d56e448fe233c149d05c1c06406bf1604c',NULL,NULL,NULL,NULL,'{"code":"OperationFailed","message":"operation broken: false ended with exit status 1, and wrote nothing on stderr","hint":"its output is in `provisioning workflow logs`; with check = false any exit status is good","details":{"exit_status":1,"stderr":""}}',1700650611.157,1700650611.16);
INSERT INTO "operations" VALUES(4,1,'works','command','succeeded',NULL,1,1,'df56a4ba12152617c4729be9a155b061','115438901f887201ae2820b4b950a5b193bfa241ce8465a34d22a5239e55f353',NULL,NULL,'{"exit_status":0,"stdout":"","stderr":""}',NULL,NULL,1700650611.962,1700650611.966);
INSERT INTO "operations" VALUES(4,2,'broken','command','failed',NULL,1,1,'9fa595b6bcfcc90c27e473c424131f0b','9f1ca9546df814469c6fa826dd7ed5d56e448fe233c149d05c1c06406bf1604c',NULL,NULL,NULL,NULL,'{"code":"OperationFailed","message":"operation broken: false ended with exit status 1, and wrote nothing on stderr","hint":"its output is in `provisioning workflow logs`; with check = false any exit status is good","details":{"exit_status":1,"stderr":""}}',1700650611.962,1700650611.965);
INSERT INTO "operations" VALUES(4,6,'after','command','blocked',NULL,1,1,'','',NULL,NULL,NULL,NULL,NULL,NULL,1700650611.965);
INSERT INTO "operations" VALUES(5,1,'first','command','succeeded',NULL,1,1,'c7d5c1e6afc6b0f908c5659fd5594046','115438901f887201ae2820b4b950a5b193bfa241ce8465a34d22a5239e55f353',NULL,NULL,'{"exit_status":0,"stdout":"","stderr":""}',NULL,NULL,1700650612.759,1700650612.761);
INSERT INTO "operations" VALUES(5,2,'waits','command','started',NULL,1,1,'1c0bed8224cc4d277efb93ccf846b3c1','ac6c432374fb3a3df810df36db5b67f1364bc1cf855a67fda2f395c9d595e1c4',NULL,NULL,NULL,NULL,NULL,1700650612.762,NULL);
CREATE TABLE runs (
    run INTEGER PRIMARY KEY,
    workflow_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    digest TEXT NOT NULL,
    total INTEGER NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    error TEXT,
    outputs TEXT,
    cancel TEXT,
    lease_holder TEXT,
    lease_fence INTEGER NOT NULL DEFAULT 0,
    lease_since REAL,
    lease_expires_at REAL
);
INSERT INTO "runs" VALUES(1,'wf-good','good','succeeded','fe1cff84c41f23cdbd298cce6e6d02860bd34744fb773173c09ba6f5b12ad7c3',4,1700650609.403,1700650609.416,NULL,'{"said":"hello\n"}',NULL,NULL,1,NULL,NULL);
INSERT INTO "runs" VALUES(2,'wf-web','web','succeeded','d475d9d66a697011e3019b1da9aab5f9e649afdbb16d165b6c062df4989f3a23',1,1700650610.252,1700650610.306,NULL,'{}',NULL,NULL,1,NULL,NULL);
INSERT INTO "runs" VALUES(3,'wf-undone','undone','rolled_back','57b578005e449dad2cce5c81502da0ba132e9668ece1bc02808ec5569b26b00a',2,1700650611.109,1700650611.182,'{"code":"OperationFailed","message":"operation broken: false ended with exit status 1, and wrote nothing on stderr","hint":"its output is in `provisioning workflow logs`; with check = false any exit status is good","details":{"exit_status":1,"stderr":""}}',NULL,NULL,NULL,1,NULL,NULL);
INSERT INTO "runs" VALUES(4,'wf-partial','partial','partial','e7460c8242dab9d594cab47bbfdd663951f9cdf148b878db9eaa207a31968601',3,1700650611.959,1700650611.966,'{"code":"OperationFailed","message":"operation broken: false ended with exit status 1, and wrote nothing on stderr","hint":"its output is in `provisioning workflow logs`; with check = false any exit status is good","details":{"exit_status":1,"stderr":""}}',NULL,NULL,NULL,1,NULL,NULL);
INSERT INTO "runs" VALUES(5,'wf-killed','killed','running','10c93db1f37a2e7f7f5086f9561bcae89f281754ce5d1e2b3ff7b66b9612779f',3,1700650612.755,1700650612.762,NULL,NULL,NULL,'build-1/829cb376-189f-4310-b384-edc7ec0f90d9.4026531836/21812/85507/f4b1686c',1,1700650612.757,1700650642.762);
CREATE INDEX operations_by_state ON operations (run, state);
CREATE INDEX events_of_a_run ON events (run);
COMMIT;
