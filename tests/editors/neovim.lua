-- What a person does in Neovim, done by a script: open, edit, look, undo. The task is in $TASK, the result in a file.
local task = vim.json.decode(vim.env.TASK)
local buffer, seen = vim.api.nvim_get_current_buf(), {}
local commands = {
  pylsp = { task.python, "-m", "pylsp" },
  ours = { task.python, "-m", "mypy_torch_shapes", "lsp" },
}
local plugins = { pylsp_mypy = { enabled = true, live_mode = true } }
for _, name in ipairs({ "pycodestyle", "pyflakes", "mccabe", "autopep8", "yapf" }) do
  plugins[name] = { enabled = false }
end

vim.diagnostic.config({ severity_sort = true }) -- one message a line is shown: the error, not its last note
local ready = false
local client = vim.lsp.start_client({
  name = task.server,
  cmd = commands[task.server],
  root_dir = vim.fn.getcwd(),
  settings = { pylsp = { plugins = plugins } },
  on_init = function(started)
    started.notify("workspace/didChangeConfiguration", { settings = started.config.settings })
    ready = true
  end,
})
vim.wait(60000, function() return ready end, 50)
vim.lsp.buf_attach_client(buffer, client)

local function errors()
  local found = {}
  for _, each in ipairs(vim.diagnostic.get(buffer)) do
    local code = tostring(each.code or (each.user_data and each.user_data.lsp and each.user_data.lsp.code) or "")
    if code:match("^tensor") then
      table.insert(found, { lnum = each.lnum, message = each.message, severity = each.severity, code = code })
    end
  end
  return found
end

local function virtual_texts()
  local found = {}
  for _, namespace in pairs(vim.diagnostic.get_namespaces()) do
    local shown = namespace.user_data.virt_text_ns
    for _, mark in ipairs(shown and vim.api.nvim_buf_get_extmarks(buffer, shown, 0, -1, { details = true }) or {}) do
      for _, chunk in ipairs(mark[4].virt_text or {}) do table.insert(found, chunk[1]) end
    end
  end
  return found
end

if task.server == "pylsp" then
  vim.api.nvim_buf_set_lines(buffer, task.line, task.line + 1, false, { task.text })
  vim.wait(200000, function() return #errors() > 0 end, 100)
  seen.diagnostics, seen.shown = errors(), virtual_texts()
  seen.file_unchanged = not table.concat(vim.fn.readfile("resnet.py"), "\n"):find(task.text, 1, true)
  vim.cmd("undo")
  vim.wait(200000, function() return #errors() == 0 end, 100)
  seen.after_undo = errors()
else
  local document = { uri = vim.uri_from_bufnr(buffer) }
  local function ask(method, params)
    local answers = vim.lsp.buf_request_sync(buffer, method, params, 200000) or {}
    return answers[client] and answers[client].result
  end
  local hover = ask("textDocument/hover", { textDocument = document, position = { line = task.line, character = task.column } })
  seen.hover, seen.hints = hover and hover.contents.value or "", {}
  local everything = { start = { line = 0, character = 0 }, ["end"] = { line = 10000, character = 0 } }
  for _, hint in ipairs(ask("textDocument/inlayHint", { textDocument = document, range = everything }) or {}) do
    table.insert(seen.hints, hint.label)
  end
end
if vim.tbl_isempty(seen.after_undo or { 1 }) then seen.after_undo = vim.empty_dict() end
vim.fn.writefile({ vim.json.encode(seen) }, task.result)
vim.lsp.stop_client(client)
