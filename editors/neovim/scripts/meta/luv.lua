---@meta luv
-- Of the types of Neovim's loop, what the plugin uses; Neovim's own types have them from elsewhere.

---@class uv.uv_timer_t
local Timer = {}

---@param timeout integer
---@param again integer
---@param callback fun()
function Timer:start(timeout, again, callback) end

function Timer:close() end
