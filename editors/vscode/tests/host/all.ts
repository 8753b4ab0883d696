import "./extension.test";
import "./server.test";
import "./tools.test";
